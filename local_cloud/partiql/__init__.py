"""DynamoDB's PartiQL as a language: text to syntax tree. It knows no table, no account and no moto.

Messages are DynamoDB's own, with the place of the token (`at line:column:length`) where DynamoDB names it.
"""
