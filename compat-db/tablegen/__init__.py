"""Turns a personality's system-call table into C and documentation."""
