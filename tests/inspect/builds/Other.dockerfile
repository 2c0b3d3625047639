FROM evenkeel/busybox:1.35
RUN echo other > /facts
