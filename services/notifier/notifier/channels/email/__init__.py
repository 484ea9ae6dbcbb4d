"""One mail a day to an address whose owner agreed to it: what gathered since the last one."""
