# Shared by scripts/test and scripts/demo: what must be installed, and a little output. Sourced, not run.
# shellcheck shell=bash disable=SC2034

build_packages=(
	cmake ninja-build gcc g++ libc6-dev pkg-config
	libevent-dev libexpat1-dev libstrophe-dev libpq-dev libjansson-dev libtomlplusplus-dev
	libunistring-dev libidn-dev libicu-dev libssl-dev check
)
demo_packages=(
	postgresql prosody curl python3 python3-slixmpp python3-psycopg
)
test_packages=(
	ejabberd python3-pytest python3-pytest-asyncio python3-pytest-xdist gcovr shellcheck libxml2-utils
	prosody-modules python3-yaml python3-jsonschema openssl
	kamailio kamailio-extra-modules kamailio-utils-modules kamailio-json-modules sip-tester
	profanity tmux
	clang-14 libclang-rt-14-dev llvm-14 clang-format-14 clang-tidy-14
)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
	bold='' dim='' red='' green='' plain=''
fi

say() { printf '%s\n' "$bold$*$plain"; }
note() { printf '%s\n' "$dim$*$plain"; }
good() { printf '%s\n' "$green$*$plain"; }
fail() {
	printf '%s\n' "$red$*$plain" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# Debian starts the services that a package brings. The scripts run private servers of their own, so the
# machine's are asked to stay down while packages are being installed. Runs in a subshell, for the trap.
run_apt() {
	local policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		trap 'as_root rm -f '"$policy" EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" || return
	fi
	as_root apt-get -q update &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
}

# Installs those of the named packages that are missing, and says so. Silent when there is nothing to do.
install_packages() {
	local package log missing=()
	for package in "$@"; do
		if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
			missing+=("$package")
		fi
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || fail "These packages are needed (Debian's names): ${missing[*]}"
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		fail "These packages are needed; install them as root: apt-get install ${missing[*]}"
	fi
	say "Installing ${#missing[@]} packages with apt-get: ${missing[*]}"
	log=$(mktemp)
	if ! (run_apt "${missing[@]}") >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		fail "apt-get failed"
	fi
	rm -f "$log"
}
