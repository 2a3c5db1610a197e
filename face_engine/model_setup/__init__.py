"""Set-up of the two face models: fetched once by name and hash, converted, and never needed again at run time."""
