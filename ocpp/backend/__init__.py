"""What any back end does per connection, as a library: answers, books, commands.

Knows neither databases nor HTTP; what it learns it hands to whoever listens.
"""
