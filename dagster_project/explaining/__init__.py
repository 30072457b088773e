"""Why a published number or verdict is what it is, told in Vietnamese from the published tables alone."""
