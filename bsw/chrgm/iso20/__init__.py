"""What both roles need to speak ISO 15118-20: parameter sets of services, words, selections."""
