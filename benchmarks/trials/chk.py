import torch
from pathlib import Path
from dataclasses import replace
from omnivlm.presets import OMNIVLM_TINY as c
from omnivlm.training.starting import stage_weights
from omnivlm.training.features import FeatureStore
from omnivlm.seen import Features
from datasets_w import *
m,tok=stage_weights(Path("trials/run/tower/model"),c); m.load_state_dict(torch.load("al0.pt"))
store=FeatureStore(m,Path("trials/features"),10**10)
E=m.language_model.model.embed_tokens.weight.detach()
from omnivlm.data.words import PLACES
ids={n:tok.encode([" "+n])[0] for n in PLACES}
pl={w:tok.encode([" "+w])[0] for w in ("top","middle","bottom","left","centre","right")}
hit=tot=0; own=[];oth=[];empt=[];pr=[];ph=0;pt=0
for i in range(40):
    rng=item_random("train","chk",3,i); p=sample_map(rng)
    f=store.features(p.draw,image_key(p))
    with torch.no_grad(): y=[s.tokens for s in m.seen(Features(f.float()[None]))][0].view(81,192)
    for n,(r,cc) in p.places.items():
        s=y@E[ids[n]]; k=int(s.argmax()); hit+=(k//3//9==r and k%3==cc); tot+=1
        cell=[q for q in range(81) if q//27==r and q%3==cc]; oc=[q for q in range(81) if q not in cell]
        own.append(float(s[cell].max())); oth.append(float(s[oc].max())); empt.append(float(s[oc].std()))
        sc={w:float(y[k]@E[v]) for w,v in pl.items()}
        ph+= max(("top","middle","bottom"),key=sc.get)==("top","middle","bottom")[r]; pt+=1
print("retrieval",hit/tot,"own max",sum(own)/len(own),"other max",sum(oth)/len(oth),"std",sum(empt)/len(empt),"rowword",ph/pt, "Enorm2",float((E**2).sum(1).mean()))
n=list(p.places)[0]; print(p.places, [round(float(v),2) for v in (y@E[ids[n]])])
print("norms",y.norm(dim=1).view(27,3).mean(1))
