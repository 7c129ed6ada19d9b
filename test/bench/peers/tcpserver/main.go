// The peers of the tcpserver case: one answer for every request, of a size and kind that flags give,
// from tcpserver or from fasthttp. Run with GOMAXPROCS=1, so that it has the one core the others have.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/maurice2k/tcpserver"
	"github.com/valyala/fasthttp"
)

func main() {
	kind := flag.String("server", "tcpserver", "tcpserver or fasthttp")
	port := flag.Int("port", 0, "port on 127.0.0.1")
	size := flag.Int("aaaa", 1024, "letters a to answer with")
	encrypts := flag.Bool("aes128", false, "answer with them encrypted: AES-128-CBC, a new IV each time")
	sleepMs := flag.Int("sleep", 0, "milliseconds to wait before each answer")
	certificate := flag.String("tls-cert", "", "PEM; with -tls-key, speaks TLS")
	key := flag.String("tls-key", "", "PEM")
	flag.Parse()

	job, err := newJob(*size, *encrypts, time.Duration(*sleepMs)*time.Millisecond)
	if err != nil {
		log.Fatal(err)
	}
	var config *tls.Config
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			log.Fatal(err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	address := fmt.Sprintf("127.0.0.1:%d", *port)
	switch *kind {
	case "tcpserver":
		log.Fatal(serveTCPServer(address, config, job))
	case "fasthttp":
		log.Fatal(serveFasthttp(address, config, job))
	default:
		log.Fatalf("-server %s: tcpserver or fasthttp", *kind)
	}
}

func serveTCPServer(address string, config *tls.Config, job *job) error {
	server, err := tcpserver.NewServer(address)
	if err != nil {
		return err
	}
	go keepDate()
	server.SetRequestHandler(func(conn tcpserver.Connection) { exchange(conn, job) })
	listen := server.Listen
	if config != nil {
		server.SetTLSConfig(config)
		listen = server.ListenTLS
	}
	if err := listen(); err != nil {
		return err
	}
	return server.Serve()
}

func serveFasthttp(address string, config *tls.Config, job *job) error {
	listener, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	server := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		job.sleep()
		if job.block == nil {
			ctx.SetBody(job.plain)
			return
		}
		ctx.Response.SetBodyRaw(job.appendBody(make([]byte, 0, job.bodyBytes())))
	}}
	return server.Serve(listener)
}
