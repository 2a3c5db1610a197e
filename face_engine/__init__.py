"""Amazon Rekognition's wire protocol on your own machine, with real face models on the CPU."""
