"""moto in process, behind one lock, with the corrections it needs to behave as AWS does.

Only this room knows moto. Everybody else speaks AWS's wire protocols through `door`, except
two seams that would be wasteful over HTTP: the queues the event pollers read (`queues`) and
the file that keeps its state (`snapshot`).
"""
