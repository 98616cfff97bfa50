# SPDX-License-Identifier: MIT
# Completion of qnetdev's command line for fish. The program itself knows what can follow.

function __qnetdev_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] (string unescape -- $current; or echo $current) 2>/dev/null)
        switch $line
            case ':nospace'
            case ':files'
                __fish_complete_path $current
            case ':users'
                __fish_complete_users
            case ':groups'
                __fish_complete_groups
            case ':command *'
                set -l first (math (string replace ':command ' '' -- $line) + 2)
                complete -C (string join ' ' -- (string escape -- $words[$first..-1]) $current)
            case '*'
                echo $line
        end
    end
end

complete -c qnetdev -f -k -a '(__qnetdev_complete)'
