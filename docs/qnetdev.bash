# SPDX-License-Identifier: MIT
# Completion of qnetdev's command line for bash. The build puts the functions that the schema
# compiler makes for -netdev before it.
# shellcheck shell=bash

_qnetdev() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_LINE:0:COMP_POINT}
    before=${before%"${before##*[[:space:]]}"}
    before=${before%"${before##*[![:space:]]}"}
    COMPREPLY=()
    case ${before##*[[:space:]]} in
    -netdev | -nic | -net)
        _qapi_complete_netdev
        return
        ;;
    help)
        mapfile -t COMPREPLY < <(compgen -W "${!_qapi_netdev_keys[*]}" -- "$current")
        return
        ;;
    esac
    if ((COMP_CWORD == 1)); then
        local commands
        commands=$("${COMP_WORDS[0]}" help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
        return
    fi
    # The options of the command, as its own help lists them.
    local options
    options=$("${COMP_WORDS[0]}" help "${COMP_WORDS[1]}" 2>/dev/null |
        sed -n 's/^  \(-[-a-z]*\).*/\1/p')
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}
complete -F _qnetdev qnetdev
