"""All sampling parameters: their table, their fields, the order of the steps."""
