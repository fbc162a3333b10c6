# SPDX-License-Identifier: GPL-2.0-only
# Completion of reaperctl for fish: the tool itself knows what may come next.

function __reaperctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] complete $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$current"
        else
            printf '%s\n' $line
        end
    end
end

complete -c reaperctl -f -a '(__reaperctl_complete)'
