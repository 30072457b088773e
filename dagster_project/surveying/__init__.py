"""Planning a survey: how many people to ask, who they are, how far it has come. Nothing here knows an identity."""
