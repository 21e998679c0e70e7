from gateway.web.split import split_into


def test_each_gets_as_many_as_its_size_says() -> None:
    assert split_into("abcd", [1, 0, 2]) == [["a"], [], ["b", "c"]]


def test_what_is_left_goes_to_the_first() -> None:
    assert split_into(iter("a"), [2, 1]) == [["a"], []]
