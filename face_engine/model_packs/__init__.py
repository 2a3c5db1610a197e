"""Model packs: a folder with two ONNX files and a `pack.yaml` that says how they are used."""
