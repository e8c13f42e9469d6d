#!/bin/sh
# Runs one example and looks at what it prints: check.sh NAME PROGRAM, from the root of the source tree.
set -eu
name=$1 program=$2
austen=examples/models/austen
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

case $name in
    tokenize)
        printf '"It is a truth"\n"\\u00e9t\\u00e9"\n' > "$output/texts"
        "$program" $austen --no-special < "$output/texts" > "$output/ids"
        "$program" $austen --no-special --decode < "$output/ids" > "$output/back"
        grep -Fqx '"It is a truth"' "$output/back"
        ;;
    generate)
        "$program" $austen --prompt 'It is a truth' --max-tokens 20 --greedy --threads 2 --stats "$output/stats" | grep .
        grep -q decode_tokens_per_s "$output/stats"
        if "$program" no/such/model --prompt x > "$output/out" 2> "$output/refusal"; then exit 1; fi
        grep -F no/such/model "$output/refusal"
        ;;
    forward)
        # One input of three ids, as a file: the length of the header, the header, the ids.
        header='{"input_ids.0":{"dtype":"I64","shape":[3],"data_offsets":[0,24]}}'
        printf '%b' "\\0$(printf %o ${#header})\\0\\0\\0\\0\\0\\0\\0" > "$output/in.safetensors"
        printf '%s' "$header" >> "$output/in.safetensors"
        printf '\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0' >> "$output/in.safetensors"
        "$program" $austen "$output/in.safetensors" "$output/out.safetensors" --greedy 4
        grep -aq greedy_ids.0 "$output/out.safetensors"
        ;;
    inspect)
        "$program" $austen > "$output/said"
        grep -F model.embed_tokens.weight "$output/said"
        grep -F 'attention + feed_forward' "$output/said"
        "$program" tests/golden/models/mixtral | grep -F 'of which a token uses'
        ;;
    transform)
        sorter=examples/models/digit-sorter
        test "$("$program" $sorter 40028922 83512)" = "$(printf '00222489\n12358')"
        test "$(printf '999000111222\n' | "$program" $sorter --threads 2)" = 000111222999
        test "$("$program" $sorter 83512 --beams 3)" = 12358
        test "$("$program" $sorter 83512 --n-best 4 | wc -l)" -eq 4
        if "$program" $austen x > "$output/out" 2> "$output/refusal"; then exit 1; fi
        grep -F 'no encoder' "$output/refusal"
        ;;
    transcribe)
        speech=tests/golden/speech
        "$program" $speech/model $speech/sound.wav --language en --threads 2 | grep -E '^w[0-9]+'
        "$program" $speech/model $speech/sound.wav --timestamps --beams 1 | grep -F '[00:00.'
        "$program" tests/golden/ctc/wav2vec2 $speech/sound.wav --timestamps | grep -E '^\[00:0[0-3].* [a-z]+'
        "$program" tests/golden/ctc/hubert $speech/sound.wav | grep -E '^[b-e]+ [b-e]+ '
        "$program" tests/golden/moonshine/model $speech/sound.wav --beams 2 | grep -E '^w[0-9]+ w[0-9]+'
        no_letters=tests/golden/encoders/hubert
        if "$program" $no_letters $speech/sound.wav > "$output/out" 2> "$output/refusal"; then exit 1; fi
        grep -F 'vocab.json' "$output/refusal"
        if "$program" $speech/model $speech/model/config.json > "$output/out" 2> "$output/refusal"; then exit 1; fi
        grep -F 'RIFF/WAVE' "$output/refusal"
        if "$program" $austen $speech/sound.wav > "$output/out" 2> "$output/refusal"; then exit 1; fi
        grep -F 'reads no sound' "$output/refusal"
        ;;
    story) "$program" | grep . ;;
    custom_attention) "$program" $austen | grep . ;;
    *) "$program" | grep . ;;
esac
