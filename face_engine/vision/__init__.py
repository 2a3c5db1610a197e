"""Pictures in, faces and faceprints out: arrays only, nothing of the wire."""
