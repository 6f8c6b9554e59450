"""The rules of credits in plain Python, and a search for sequences on which the database differs.

The model is written from the documentation and shares no code with the SQL. It is as slow and as
direct as it can be: an account is a few dictionaries, a command changes a copy of them.
"""
