"""Lines leave without ever waiting for who reads them."""

import os

from bsw.os.output import LineWriter


def test_lines_arrive_whole_and_in_order() -> None:
    reader, fd = os.pipe()
    writer = LineWriter(fd)
    for n in range(100):
        writer.write(f"line {n}\n")
    assert os.read(reader, 100_000).decode().splitlines() == [f"line {n}" for n in range(100)]
    os.close(reader)
    os.close(fd)


def test_a_reader_that_sleeps_costs_lines_and_never_time() -> None:
    reader, fd = os.pipe()
    writer = LineWriter(fd, bound=10_000)
    for n in range(5000):
        writer.write(f"line {n:04} {'x' * 90}\n")
    assert writer.lost > 0
    received = b""
    while b"lines lost" not in received:
        received += os.read(reader, 65536)
        writer.write("after\n")
    lines = received.decode().splitlines()
    assert lines[0].startswith("line 0000 ")
    assert f"... {writer.lost} lines lost, nobody read them" in lines
    os.close(reader)
    os.close(fd)


def test_a_line_longer_than_a_pipe_arrives_once_it_is_read() -> None:
    reader, fd = os.pipe()
    writer = LineWriter(fd)
    long = "x" * 150_000 + "\n"
    writer.write(long)
    received = os.read(reader, 65536)
    while len(received) < len(long):
        writer.close(attempts=1)
        received += os.read(reader, 65536)
    assert received.decode() == long
    os.close(reader)
    os.close(fd)


def test_a_reader_that_is_gone_is_no_error() -> None:
    reader, fd = os.pipe()
    writer = LineWriter(fd)
    os.close(reader)
    writer.write("nobody\n")
    writer.write("nobody\n")
    writer.close()
    os.close(fd)
