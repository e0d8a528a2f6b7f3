import sys,time,random,torch,os
from torch import nn
from pathlib import Path
from omnivlm.presets import OMNIVLM_TINY as c
from omnivlm.training.starting import stage_weights
from omnivlm.training.template import Template
from omnivlm.training.wordings import optioned
mode=sys.argv[1]; lr=float(sys.argv[2]); steps=int(sys.argv[3]); B=int(sys.argv[4]); few=int(sys.argv[5]); sw=int(sys.argv[6]); save=sys.argv[7] if len(sys.argv)>7 else None
torch.set_num_threads(int(os.environ.get("TH","1"))); torch.manual_seed(0); random.seed(0)
from omnivlm.training.recipe import read_recipe
from omnivlm.training.starting import first_weights
from dataclasses import replace
R=Path("model/omnivlm/recipes/omnivlm-tiny.toml"); model,tok=first_weights(read_recipe(R),R.parent)
th=float(os.environ.get("THETA","1e4")); c=replace(c,text=replace(c.text,rope_theta=th))
from omnivlm.checkpoint import filled
from omnivlm.model import on_meta
model=filled(on_meta(c),dict(model.named_parameters()),torch.device("cpu")); T=Template(c,tok)
words=open('model/omnivlm/tiny/words.txt').read().split()
ALLW=[tok.encode([" "+w])[0] for w in words]; W=ALLW[100:100+few] if few else ALLW
L=[tok.encode([l])[0] for l in "ABCDE"]; LS=[tok.encode([" "+l])[0] for l in "ABCDE"]
dot=tok.encode(["."])[0]; nl=tok.encode(["\n"])[0]; comma=tok.encode([","])[0]
q0=T.question("Say the letters.\nXX",0); a0=T.answer("YY")
xx=tok.encode(["XX"]);
i=next(i for i in range(len(q0)) if q0[i:i+len(xx)]==xx); PRE,POST=q0[:i],q0[i+len(xx):]; HEAD=a0[:4]
print(len(PRE),len(POST),[tok._whole.decode([x],skip_special_tokens=False) for x in PRE+POST+HEAD])
lm=model.language_model; P=list(lm.parameters())
for p in P: p.requires_grad_(True)
opt=torch.optim.AdamW(P,lr=lr,weight_decay=.01,betas=(.9,.98))
def seq():
    n=5 if "5" in mode else random.choice((2,3,4,5,5)); ws=random.sample(W,n)
    ids=[] if "raw" in mode else list(PRE)
    for l,w in zip(L,ws): ids+=[l,dot,w,nl]
    ids=ids[:-1]
    if "raw" in mode: ids+=[random.choice(ALLW) for _ in range(random.randint(0,int(os.environ.get("FILL","30"))))]
    else: ids+=POST+HEAD
    q=list(range(n)); random.shuffle(q); tg=[-100]*len(ids)
    for k in q:
        ids+=[ws[k],LS[k]]; tg+=[LS[k],-100]
        if "comma" in mode: ids+=[comma]; tg+=[-100]
    return ids,tg
t0=time.time(); h=[]
for s in range(steps):
    for g in opt.param_groups: g["lr"]=lr*min(1,(s+1)/30)
    if sw and s>=sw: W=ALLW
    b=[seq() for _ in range(B)]; m=max(len(x) for x,_ in b)
    ids=torch.tensor([x+[0]*(m-len(x)) for x,_ in b]); tg=torch.tensor([y+[-100]*(m-len(y)) for _,y in b])
    hid=lm.model(input_ids=ids,use_cache=False).last_hidden_state
    k=tg!=-100
    lo=lm.lm_head(hid[k]); t=tg[k]; loss=nn.functional.cross_entropy(lo,t)
    opt.zero_grad(); loss.backward(); nn.utils.clip_grad_norm_(P,1.0); opt.step()
    h.append((loss.item(),(lo.argmax(-1)==t).float().mean().item()))
    if (s+1)%25==0:
        x=h[-25:]; print(s+1,*(f"{sum(y)/25:.3f}" for y in zip(*x)),f"{time.time()-t0:.0f}s",flush=True)
        if save: torch.save(model.state_dict(),save)
