# SPDX-License-Identifier: MIT
# Completion of qnetdev's command line for bash. The program itself knows what can follow.
# shellcheck shell=bash

# Sets `words` to the words behind the program's name up to the cursor, and `places` to where each
# begins in COMP_WORDS: bash cuts words at '=' and ':' as well.
_qnetdev_words() {
    local rest=${COMP_LINE:0:COMP_POINT} i word
    for ((i = 0; i <= COMP_CWORD; ++i)); do
        word=${rest#"${rest%%[![:space:]]*}"}
        if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
            words+=('')
            places+=("$i")
        fi
        ((i < COMP_CWORD)) && word=${word:0:${#COMP_WORDS[i]}}
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$word"}
        words[-1]+=$word
    done
    words=("${words[@]:1}")
    places=("${places[@]:1}")
}

# The words from the given place on are another program's, which has a completion of its own.
_qnetdev_command() {
    if declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif ((COMP_CWORD == $1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}

_qnetdev() {
    local -a words=() places=()
    local line cut='' tail breaks=${COMP_WORDBREAKS//[!=:]/}
    COMPREPLY=()
    _qnetdev_words
    # What bash replaces starts behind the last of its word breaks, unless there is a quote.
    tail=${words[-1]#[\"\']}
    if [[ -n $breaks && ${words[-1]} != [\"\']* ]]; then
        tail=${words[-1]##*[$breaks]}
        cut=${words[-1]%"$tail"}
    fi
    while IFS= read -r line; do
        case $line in
        :nospace) compopt -o nospace ;;
        :files)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$tail")
            ;;
        :users) mapfile -t COMPREPLY < <(compgen -u -- "$tail") ;;
        :groups) mapfile -t COMPREPLY < <(compgen -g -- "$tail") ;;
        ':command '*)
            _qnetdev_command "${places[${line#:command }]}"
            return
            ;;
        *)
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$cut"}")
            ;;
        esac
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]//[\"\'\\]/}" 2>/dev/null)
}
complete -F _qnetdev qnetdev
