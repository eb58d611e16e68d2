"""Tariffs as plain numbers, and what a course of power costs under one; blind to role and wire."""
