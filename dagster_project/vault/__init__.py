"""The identity vault: the only place where names, ID numbers, phones, e-mails and addresses are kept."""
