import json,sys
L=[json.loads(l)["loss"] for l in open(sys.argv[1])]; k=int(sys.argv[2])
print([f"{sum(L[i:i+k])/len(L[i:i+k]):.3f}" for i in range(0,len(L),k)], len(L))
