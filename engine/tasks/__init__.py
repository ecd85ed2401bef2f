"""What both sides do in processes of their own for a request, and the result that it leaves."""
