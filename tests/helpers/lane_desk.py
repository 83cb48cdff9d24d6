"""Lanes and their run without widgets, on an engine that the test plays."""

from studio.app.compare.state import CompareState
from studio.app.presets.preset_choice import PresetChoice
from studio.engine.messages import Finished, FinishReason, Generate, RunFinished, Started
from studio.presets import built_in_presets
from tests.helpers.fake_engine import Desk, evaluated, token


class LaneDesk(Desk):
    """A desk with lanes."""

    def __init__(self) -> None:
        super().__init__()
        self.preset_choice = PresetChoice(built_in_presets(), "Creative writing")
        self.compare = CompareState(
            self.client,
            self.model,
            self.fingerprint,
            self.draft,
            self.writing,
            self.records,
            self.sampling,
            self.preset_choice,
            self.next_token,
            self.context,
        )
        self.compare.open_first()
        self.load()
        self.type("The sea")

    @property
    def request(self) -> int:
        return self.client.last(Generate).request

    def start(self, *lanes: int, seed: int = 7) -> None:
        for lane in lanes or range(len(self.compare.lanes)):
            params = self.compare.lanes[lane].sampling.params
            self.client.answer(
                Started(request=self.request, sequence=lane, seed=seed, params=params, tokens=0)
            )
        self.client.answer(evaluated(self.request, 1, 2, 3))

    def write(self, lane: int, *ids: int) -> None:
        first = len(self.compare.lanes[lane].tokens)
        for index, token_id in enumerate(ids, first):
            self.client.answer(
                token(self.request, index, b" w%d" % token_id, token_id=token_id, sequence=lane)
            )

    def end(self, lane: int, reason: FinishReason = "max_tokens", mu: float | None = None) -> None:
        state = self.compare.lanes[lane]
        self.client.answer(
            Finished(
                request=self.request,
                sequence=lane,
                reason=reason,
                tokens=len(state.tokens),
                seed=7,
                params=state.sampling.params,
                mu=mu,
            )
        )

    def finish(self) -> None:
        self.client.answer(
            RunFinished(
                request=self.request,
                tokens=8,
                reasons=("max_tokens",) * 4,
                evaluated=4,
                prompt_tokens=3,
                seconds_prompt=0.1,
                seconds_generation=1.0,
            )
        )

    def run(self, *ids: int) -> None:
        self.compare.run()
        self.start()
        for lane in range(len(self.compare.lanes)):
            self.write(lane, *ids)
            self.end(lane)
        self.finish()
