module thresher.dev/netlab

go 1.24
