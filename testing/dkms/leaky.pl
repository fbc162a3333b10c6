#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# leaky.pl [N [PORT]]: a server that never closes: N, or four, of its connections are in CLOSE_WAIT for ever.
use strict;
use warnings;
use IO::Socket::INET;

my $port = $ARGV[1] // 8080;
my $server = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1', LocalPort => $port)
	or die "listen: $!";
my @held;
for (1 .. ($ARGV[0] // 4)) {
	my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!";
	push @held, scalar $server->accept;
	close $client;
}
$| = 1;
print "ready\n";
sleep 600;
