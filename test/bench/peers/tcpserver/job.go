package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"time"
)

// job is what every request is answered with, and after how long; the same for both servers.
type job struct {
	plain []byte // padded as PKCS#7 says when it is to be encrypted
	block cipher.Block
	wait  time.Duration
}

func newJob(size int, encrypts bool, wait time.Duration) (*job, error) {
	plain := bytes.Repeat([]byte{'a'}, size)
	if !encrypts {
		return &job{plain: plain, wait: wait}, nil
	}
	block, err := aes.NewCipher([]byte("0123456789ABCDEF"))
	if err != nil {
		return nil, err
	}
	padding := aes.BlockSize - size%aes.BlockSize
	plain = append(plain, bytes.Repeat([]byte{byte(padding)}, padding)...)
	return &job{plain: plain, block: block, wait: wait}, nil
}

func (j *job) sleep() {
	if j.wait > 0 {
		time.Sleep(j.wait)
	}
}

// bodyBytes is the length of every body: the IV goes in front of what is encrypted.
func (j *job) bodyBytes() int {
	if j.block == nil {
		return len(j.plain)
	}
	return aes.BlockSize + len(j.plain)
}

func (j *job) appendBody(target []byte) []byte {
	if j.block == nil {
		return append(target, j.plain...)
	}
	var iv [aes.BlockSize]byte
	rand.Read(iv[:])
	target = append(target, iv[:]...)
	start := len(target)
	target = append(target, j.plain...)
	encrypted := target[start:]
	cipher.NewCBCEncrypter(j.block, iv[:]).CryptBlocks(encrypted, encrypted)
	return target
}
