"""One module per Lambda function: an event in, an answer out."""
