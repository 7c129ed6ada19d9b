package main

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// requestBytes bounds a request with its body: tcpserver is a TCP library, so HTTP is what we make of
// it, and as in its own example a request is complete before it is answered.
const requestBytes = 4096

var (
	headEnd      = []byte("\r\n\r\n")
	lineEnd      = []byte("\r\n")
	errMalformed = errors.New("malformed request")
	errTooLong   = errors.New("request too long")
)

// memory is what a connection needs, lent to it while it is open.
type memory struct {
	in  [requestBytes]byte
	out []byte
}

var memories = sync.Pool{New: func() any { return new(memory) }}

// date is the value of the Date field, made once a second.
var date atomic.Pointer[string]

func init() { setDate(time.Now()) }

func setDate(now time.Time) {
	text := now.UTC().Format(http.TimeFormat)
	date.Store(&text)
}

func keepDate() {
	for now := range time.Tick(time.Second) {
		setDate(now)
	}
}

// exchange answers requests until the client asks to close, or closes; the server closes after it.
func exchange(conn net.Conn, job *job) {
	space := memories.Get().(*memory)
	defer memories.Put(space)
	filled := 0
	for {
		length, closes, err := parseRequest(space.in[:filled])
		if err == nil && length == 0 && filled == requestBytes {
			err = errTooLong
		}
		if err != nil {
			space.out = appendHead(space.out[:0], "500 Error", len(err.Error()), true)
			conn.Write(append(space.out, err.Error()...))
			return
		}
		if length == 0 {
			n, err := conn.Read(space.in[filled:])
			if err != nil {
				return
			}
			filled += n
			continue
		}
		filled = copy(space.in[:], space.in[length:filled])
		job.sleep()
		space.out = appendHead(space.out[:0], "200 OK", job.bodyBytes(), closes)
		space.out = job.appendBody(space.out)
		if _, err := conn.Write(space.out); err != nil || closes {
			return
		}
	}
}

// parseRequest gives the length of the first request with its body, 0 while it is incomplete, and
// whether it asks to close the connection after its answer.
func parseRequest(data []byte) (length int, closes bool, err error) {
	end := bytes.Index(data, headEnd)
	if end < 0 {
		return 0, false, nil
	}
	line, fields, _ := bytes.Cut(data[:end], lineEnd)
	if bytes.Count(line, []byte(" ")) != 2 || !bytes.Contains(line, []byte(" HTTP/1.")) {
		return 0, false, errMalformed
	}
	closes = bytes.HasSuffix(line, []byte("0"))
	length = end + len(headEnd)
	for len(fields) > 0 {
		var field []byte
		field, fields, _ = bytes.Cut(fields, lineEnd)
		name, value, found := bytes.Cut(field, []byte(":"))
		if !found {
			return 0, false, errMalformed
		}
		switch {
		case bytes.EqualFold(name, []byte("Connection")):
			closes = bytes.EqualFold(bytes.TrimSpace(value), []byte("close"))
		case bytes.EqualFold(name, []byte("Content-Length")):
			body, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
			if err != nil {
				return 0, false, errMalformed
			}
			length += int(body)
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return 0, false, errMalformed
		}
	}
	switch {
	case length > requestBytes:
		return 0, false, errTooLong
	case length > len(data):
		return 0, false, nil
	}
	return length, closes, nil
}

func appendHead(target []byte, status string, bodyBytes int, closes bool) []byte {
	connection := "keep-alive"
	if closes {
		connection = "close"
	}
	target = append(target, "HTTP/1.1 "...)
	target = append(target, status...)
	target = append(target, "\r\nServer: tsrv\r\nConnection: "...)
	target = append(target, connection...)
	target = append(target, "\r\nDate: "...)
	target = append(target, *date.Load()...)
	target = append(target, "\r\nContent-Type: text/plain\r\nContent-Length: "...)
	target = strconv.AppendInt(target, int64(bodyBytes), 10)
	return append(target, headEnd...)
}
