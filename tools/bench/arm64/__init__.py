"""Whether the hub does the same on aarch64 as on x86-64: aarch64 wheels under an emulator, compared with this one."""
