"""The rules of credits in plain Python, and a search for sequences on which the database differs.

The model is written from the documentation and shares no code with the SQL. It is as slow and as
direct as it can be: an account is a few dictionaries, and a command changes a copy of them.

=====================================  ============================================================
module                                 subject
=====================================  ============================================================
`state`, `work`                        accounts, lots, payments, entries; a command at work on them
`arguments`                            what is legal
`grants`, `posting`, `periods`         commands that bring credits
`items`, `schedules`, `subscriptions`  subscriptions, and what their paid periods bring later
`spends`, `batches`, `money_back`,     commands that take them, and give them back
`expiry`
`holds`, `administration`              commands that set them aside; what administrators do
`returns`                              what comes back to lots, and the debt that takes it
`model`                                all accounts and the list of commands
`laws`                                 what holds after every command, whatever it was
`shown`                                all that can be seen, from the model and from the database
`call`, `twin`                         a call as a value; both sides driven together and compared
`choices`, `steps`                     what a search chooses from and what it is made of
`granting`, `subscribing`, `spending`, its steps
`holding`, `administering`, `machine`
`wrong`                                calls that are refused for an argument
=====================================  ============================================================
"""
