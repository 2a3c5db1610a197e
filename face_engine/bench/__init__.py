"""The engine measured as its clients see it, and stage by stage, beside the way of the face_recognition package."""
