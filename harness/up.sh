#!/usr/bin/env bash
# Starts one broker in Docker, and returns when it takes requests (make up). Options go to 'up'.
if docker compose version >/dev/null 2>&1; then exec docker compose up -d --wait "$@"; fi

docker-compose up -d "$@" || exit # 1.29 cannot wait
while true; do
    health=$(docker inspect --format '{{.State.Health.Status}}' "$(docker-compose ps -q kafka)") || exit
    case $health in
        healthy) exit ;;
        starting) sleep 1 ;;
        *) echo "up: the broker is $health; 'docker-compose logs kafka' shows why" >&2; exit 1 ;;
    esac
done
