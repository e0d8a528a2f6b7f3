FZ=1 GS=16 TH=2 THETA=1e6 python tr.py ph1.pt al0.pt 260 1e-3 const dense1:16 > tr_p1.log 2>&1
FZ=1 GS=4 TH=2 THETA=1e6 timeout 600 python tr.py ph2.pt ph1.pt 600 8e-4 const told:6 dense1:2 dchains:3 dprices:3 dbars:2 > tr_p2.log 2>&1
