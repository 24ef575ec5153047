package main

import (
	"net/http"
	"sync"
	"time"
)

// watches are the open ones; each gets every event that is told while it is open.
type watches struct {
	mutex sync.Mutex
	all   map[chan []byte]struct{}
}

func newWatches() *watches { return &watches{all: map[chan []byte]struct{}{}} }

func (w *watches) open() int64 {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return int64(len(w.all))
}

// emit tells one event to all and answers to how many.
func (w *watches) emit(at time.Time) int {
	line := event(at)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for events := range w.all {
		events <- line
	}
	return len(w.all)
}

func (w *watches) serve(response http.ResponseWriter, request *http.Request) {
	events := make(chan []byte, 64)
	w.mutex.Lock()
	w.all[events] = struct{}{}
	w.mutex.Unlock()
	defer func() {
		w.mutex.Lock()
		delete(w.all, events)
		w.mutex.Unlock()
	}()
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(http.StatusOK)
	controller := http.NewResponseController(response)
	_ = controller.Flush()
	for {
		select {
		case line := <-events:
			if _, err := response.Write(line); err != nil {
				return
			}
			_ = controller.Flush()
		case <-request.Context().Done():
			return
		}
	}
}
