"""What a model pack is worth on your own photos: mistakes, speed, accuracy and a calibration."""
