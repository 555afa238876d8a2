module sealer.dev/launch

go 1.26
