"""What an HTTP server bears of its clients: how many, how slow, how much before there is a request, by which names."""
