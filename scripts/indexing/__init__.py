"""What index_folder.py is made of."""
