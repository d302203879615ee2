module check-links

go 1.24
