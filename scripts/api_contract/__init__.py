"""What recorder, Postman collection and docs/api.md share: the contract, the walk through it, its recorded answers."""
