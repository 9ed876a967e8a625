"""Files and pipes: every kind of sound comes out as the same frames, every kind of rubbish as one error."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sounds import tone

from edge.audio.capture import FRAME_BYTES, FileSource, Frame, Framer, PcmSource, from_pcm, to_pcm
from edge.core.errors import InputError

RATE = 16_000


def played(path: Path) -> bytes:
    with FileSource(path) as source:
        return b"".join(frame.pcm for frame in source)


def ramp(samples: int) -> NDArray[np.int16]:
    return (np.arange(samples) * 37 % 65536 - 32768).astype(np.int16)


def write(path: Path, samples: NDArray[np.generic], rate: int = RATE, subtype: str | None = None) -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


class TestFrames:
    def test_offsets_follow_each_other(self, tmp_path: Path) -> None:
        with FileSource(write(tmp_path / "a.wav", ramp(1_000))) as source:
            frames = list(source)
        assert [frame.start for frame in frames] == [0, 320, 640, 960]
        assert [frame.end for frame in frames] == [320, 640, 960, 1280]
        assert {len(frame.pcm) for frame in frames} == {FRAME_BYTES}

    @pytest.mark.parametrize("samples", [1, 319, 320, 321, 15_999, 16_001, 50_000])
    @pytest.mark.parametrize("kind", ["wav", "flac"])
    def test_no_sample_is_lost_or_changed(self, tmp_path: Path, samples: int, kind: str) -> None:
        pcm = ramp(samples).tobytes()
        made = played(write(tmp_path / f"a.{kind}", ramp(samples)))
        assert made == pcm.ljust(-(-len(pcm) // FRAME_BYTES) * FRAME_BYTES, b"\0")

    def test_any_chunk_size_gives_the_same(self) -> None:
        samples = tone(440, 0.5, 44_100)

        def framed(chunk: int) -> list[Frame]:
            framer = Framer(44_100)
            frames = [f for at in range(0, len(samples), chunk) for f in framer.accept(samples[at : at + chunk])]
            return [*frames, *framer.finish()]

        assert framed(1) == framed(100) == framed(4_410) == framed(len(samples))

    def test_every_int16_survives(self) -> None:
        pcm = np.arange(-32768, 32768).astype("<i2").tobytes()
        assert to_pcm(from_pcm(pcm)) == pcm

    def test_too_loud_is_clipped_and_no_number_is_silence(self) -> None:
        samples = np.array([2.0, -2.0, np.nan, np.inf, -np.inf], dtype=np.float32)
        assert np.frombuffer(to_pcm(samples), dtype="<i2").tolist() == [32767, -32768, 0, 32767, -32768]

    @pytest.mark.parametrize("rate", [16_000, 44_100])
    def test_pcm_is_framed_as_its_samples_are(self, rate: int) -> None:
        pcm = ramp(3000).tobytes()
        raw, converted = Framer(rate), Framer(rate)
        expected = [*converted.accept(from_pcm(pcm)), *converted.finish()]
        made = [frame for at in range(0, len(pcm), 1234) for frame in raw.accept_pcm(pcm[at : at + 1234])]
        assert [*made, *raw.finish()] == expected


class TestFormats:
    @pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
    @pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
    def test_wav_of_any_width_and_rate(self, tmp_path: Path, subtype: str, rate: int) -> None:
        made = from_pcm(played(write(tmp_path / "a.wav", tone(500, 0.5, rate), rate, subtype)))
        error = np.abs(made[: RATE // 2] - tone(500, 0.5, RATE))[800:-800]
        assert np.max(error) < (0.01 if subtype == "PCM_U8" else 0.001)

    @pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
    def test_flac(self, tmp_path: Path, subtype: str) -> None:
        made = from_pcm(played(write(tmp_path / "a.flac", tone(500, 0.5, RATE), RATE, subtype)))
        assert np.max(np.abs(made[: RATE // 2] - tone(500, 0.5, RATE))) < 1e-4

    def test_channels_are_averaged(self, tmp_path: Path) -> None:
        left = np.full(640, 1000, dtype=np.int16)
        path = write(tmp_path / "a.wav", np.stack([left, -left, left, left + 2000], axis=1))
        assert set(np.frombuffer(played(path), dtype="<i2").tolist()) == {1000}

    def test_the_name_does_not_matter(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.wav", ramp(640)).rename(tmp_path / "sound.raw")
        assert played(path) == ramp(640).tobytes()

    @pytest.mark.parametrize("length", [0, 0x7FFF_FFFF, 0xFFFF_FFFF])
    def test_a_recorder_that_wrote_to_a_pipe_did_not_know_the_length(self, tmp_path: Path, length: int) -> None:
        data = bytearray(write(tmp_path / "a.wav", ramp(640)).read_bytes())
        struct.pack_into("<I", data, data.index(b"data") + 4, length)
        path = tmp_path / "pipe.wav"
        path.write_bytes(data)
        if length == 0:  # indistinguishable from an empty recording
            assert error_of(path).code == "audio.empty"
        else:
            assert played(path) == ramp(640).tobytes()

    def test_a_flac_that_does_not_tell_its_length(self, tmp_path: Path) -> None:
        data = bytearray(write(tmp_path / "a.flac", ramp(6_400)).read_bytes())
        # STREAMINFO: after "fLaC" and the block's header, 36 bits of sample count from bit 108 on.
        data[8 + 13] &= 0xF0
        data[8 + 14 : 8 + 18] = bytes(4)
        path = tmp_path / "stream.flac"
        path.write_bytes(data)
        assert played(path) == ramp(6_400).tobytes()


def error_of(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        played(path)
    assert str(path) in str(caught.value)
    return caught.value


class TestBadFiles:
    def test_missing(self, tmp_path: Path) -> None:
        assert error_of(tmp_path / "none.wav").code == "audio.file_missing"

    def test_a_folder(self, tmp_path: Path) -> None:
        assert error_of(tmp_path).code == "audio.unreadable"

    def test_no_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "a.wav"
        path.touch()
        assert error_of(path).code == "audio.empty"

    @pytest.mark.parametrize("kind", ["wav", "flac"])
    def test_no_samples(self, tmp_path: Path, kind: str) -> None:
        assert error_of(write(tmp_path / f"a.{kind}", ramp(0))).code == "audio.empty"

    @pytest.mark.parametrize(
        "content", [b"\0" * 1_000, b"turn on the light\n" * 50, b"RIFF", b"fLaC", b"RIFF\0\0\0\0WAVE"]
    )
    def test_not_audio(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "a.wav"
        path.write_bytes(content)
        assert error_of(path).code == "audio.not_audio"

    @pytest.mark.parametrize("kind", ["wav", "flac"])
    @pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
    def test_a_truncated_file_is_played_as_far_as_it_goes(self, tmp_path: Path, kind: str, kept: float) -> None:
        whole = ramp(2 * RATE)
        path = write(tmp_path / f"a.{kind}", whole)
        data = path.read_bytes()
        path.write_bytes(data[: int(kept * len(data))])
        heard: list[Frame] = []
        with FileSource(path) as source, pytest.raises(InputError, match="breaks off after") as caught:
            heard.extend(source)
        assert caught.value.code == "audio.truncated"
        assert len(heard) > 40 * kept
        pcm = b"".join(frame.pcm for frame in heard[:-1])  # the last one is filled up
        assert pcm == whole.tobytes()[: len(pcm)]

    @pytest.mark.parametrize("rate", [100, 400_000])
    def test_a_rate_that_cannot_be(self, tmp_path: Path, rate: int) -> None:
        with pytest.raises(InputError, match=f"{rate} Hz") as caught:
            FileSource(write(tmp_path / "a.wav", ramp(640), rate))
        assert caught.value.code == "audio.rate"

    def test_closing_twice(self, tmp_path: Path) -> None:
        source = FileSource(write(tmp_path / "a.wav", ramp(640)))
        source.close()
        source.close()


class TestPipe:
    def test_raw_samples(self) -> None:
        pcm = ramp(1_000).tobytes()
        frames = list(PcmSource(io.BytesIO(pcm)))
        assert b"".join(frame.pcm for frame in frames) == pcm.ljust(4 * FRAME_BYTES, b"\0")

    def test_another_rate(self) -> None:
        pcm = to_pcm(tone(500, 0.5, 48_000))
        made = from_pcm(b"".join(frame.pcm for frame in PcmSource(io.BytesIO(pcm), rate=48_000)))
        assert np.max(np.abs(made[: RATE // 2] - tone(500, 0.5, RATE))[800:-800]) < 1e-3

    def test_a_pipe_that_delivers_little_at_a_time(self) -> None:
        class Drop(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                return super().read(min(size or 1, 7))

        pcm = ramp(1_000).tobytes()
        assert list(PcmSource(Drop(pcm))) == list(PcmSource(io.BytesIO(pcm)))

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "audio.empty"),
            (b"\1\2\3", "audio.truncated"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio.not_raw"),
            (b"fLaC\0\0\0\x22", "audio.not_raw"),
        ],
    )
    def test_what_cannot_be_played(self, content: bytes, code: str) -> None:
        with pytest.raises(InputError) as caught:
            list(PcmSource(io.BytesIO(content)))
        assert caught.value.code == code

    def test_a_terminal_is_not_waited_for(self) -> None:
        class Terminal(io.BytesIO):
            def isatty(self) -> bool:
                return True

        with pytest.raises(InputError, match="pipe") as caught:
            PcmSource(Terminal())
        assert caught.value.code == "audio.no_input"

    @pytest.mark.parametrize("rate", [0, -16_000, 1, 10**9])
    def test_a_rate_that_cannot_be(self, rate: int) -> None:
        with pytest.raises(InputError) as caught:
            PcmSource(io.BytesIO(b"\0\0"), rate=rate)
        assert caught.value.code == "audio.rate"

    def test_closing_ends_it_without_an_error(self) -> None:
        with PcmSource(io.BytesIO(ramp(3_200).tobytes())) as source:
            frames = []
            for frame in source:
                frames.append(frame)
                source.close()
        assert len(frames) == 1


def test_a_long_file_is_not_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    read = soundfile.SoundFile.read

    def counted(self: soundfile.SoundFile, frames: int = -1, **options: object) -> NDArray[np.float32]:
        asked.append(frames)
        block: NDArray[np.float32] = read(self, frames, **options)
        return block

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    played(write(tmp_path / "a.wav", ramp(10 * RATE)))
    assert 0 < min(asked) <= max(asked) <= RATE


def test_without_soundfile_it_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from edge.core.errors import MissingError

    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(MissingError, match="pip install soundfile") as caught:
        FileSource(tmp_path / "a.wav")
    assert caught.value.code == "audio.soundfile_missing"
