package main

import (
	"bufio"
	"encoding/json"
	"fmt"
)

// writeCase writes [method, target, outside, refused] and, unless net/http has refused it, behind these isResource,
// verb, group, version, namespace, resource, subresource, name, path, longRunning. `outside` says why the pair is not
// in the strict subset, empty where it is; `refused` why the API server refuses it, empty where it does not.
func writeCase(out *bufio.Writer, pair Pair) error {
	reading := read(pair)
	line := make([]byte, 0, 256)
	line = append(line, '[')
	line = appendBytes(line, pair.Method)
	for _, text := range []string{pair.Target, outsideStrictSubset(pair), reading.Refused} {
		line = appendBytes(append(line, ','), text)
	}
	if info := reading.Info; info != nil {
		line = appendBool(line, info.IsResourceRequest)
		for _, text := range []string{
			info.Verb, info.APIGroup, info.APIVersion, info.Namespace,
			info.Resource, info.Subresource, info.Name, info.Path,
		} {
			line = appendBytes(append(line, ','), text)
		}
		line = appendBool(line, reading.LongRunning)
	}
	_, err := out.Write(append(line, ']', '\n'))
	return err
}

func appendBool(line []byte, value bool) []byte {
	if value {
		return append(line, ",true"...)
	}
	return append(line, ",false"...)
}

// appendBytes writes a JSON string of one character for each byte.
func appendBytes(line []byte, text string) []byte {
	line = append(line, '"')
	for i := 0; i < len(text); i++ {
		if b := text[i]; b < 0x20 || b >= 0x7f || b == '"' || b == '\\' {
			line = fmt.Appendf(line, `\u%04x`, b)
		} else {
			line = append(line, b)
		}
	}
	return append(line, '"')
}

// decodePair reads [method, target], in which each character stands for one byte.
func decodePair(line []byte) (Pair, error) {
	var words [2]string
	if err := json.Unmarshal(line, &words); err != nil {
		return Pair{}, fmt.Errorf("%q: %w", line, err)
	}
	for i, word := range words {
		text := make([]byte, 0, len(word))
		for _, char := range word {
			if char > 0xff {
				return Pair{}, fmt.Errorf("%q holds a character that is no byte", line)
			}
			text = append(text, byte(char))
		}
		words[i] = string(text)
	}
	return Pair{words[0], words[1]}, nil
}
