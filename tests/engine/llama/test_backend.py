from studio.engine.llama import backend


def test_the_installed_llama_cpp_can_have_other_machines_compute() -> None:
    # Not to be skipped: without it the tests of other machines all are.
    backend.begin()
    assert backend.supports_rpc(), "set up anew: python3 packaging/bootstrap.py setup"


def test_the_processor_is_there_and_is_no_graphics_processor() -> None:
    backend.begin()
    assert not backend.cpu().is_gpu
    free, total = backend.memory(backend.cpu().handle)
    assert 0 < free <= total
