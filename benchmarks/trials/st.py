"""st.py STAGEDIR : category accuracy, teacher forced, on val lessons/lists"""
import sys,re,torch
from collections import defaultdict
from pathlib import Path
from safetensors.torch import load_file
from torch import nn
import omnivlm
from omnivlm.presets import OMNIVLM_TINY as c
from omnivlm.tokenizer import tiny_tokenizer
from omnivlm.training.template import Template
from omnivlm.training.merged import IGNORED
from omnivlm.training.answers_job import answer_logits
from omnivlm.training.features import FeatureStore
from omnivlm.training.diagram_lessons import DiagramLessons
import omnivlm.training.diagram_lessons as dl
from omnivlm.training.option_lists import OptionLists
from omnivlm.training.drawn import DrawnConversations
from omnivlm.training.starting import stage_weights
torch.set_num_threads(2)
m,tok=stage_weights(Path("trials/run/tower/model"),c)
st=load_file(sys.argv[1]+"/state.safetensors") if (Path(sys.argv[1])/"state.safetensors").exists() else None
if st is None: m,tok=stage_weights(Path(sys.argv[1])/"model",c)
else:
    own=dict(m.named_parameters()); n=0
    for k,v in st.items():
        kk=k.split("/",1)[-1]
        if k.startswith("weight/") and kk in own: own[kk].data.copy_(v); n+=1
        elif k in own: own[k].data.copy_(v); n+=1
    print("tensors",n,list(st)[:3])
m.eval()
T=Template(c,tok); store=FeatureStore(m,Path("trials/valfeat"),10**10)
N=int(sys.argv[2]); what=sys.argv[3:] 
acc=defaultdict(lambda:[0,0])
def run(name,data,idx):
    for i in idx:
        cv=data[i]; s=T.merged(cv.turns,len(cv.pictures),2048)
        with torch.inference_mode():
            f=tuple(store.features(p,k) for p,k in zip(cv.pictures,cv.image_keys))
            lo,t=answer_logits(m,T.image_pad,[(s,f)])
        ok=lo.argmax(-1)==t; seg=s.segments[s.targets!=IGNORED]
        for q in range(1,int(s.segments.max())+1):
            ix=(seg==q).nonzero().squeeze(1)
            if not len(ix): continue
            turn=cv.turns[q-1]; body=ix[4:-1]
            p=turn.prompt
            if "The answer is" in turn.answer:
                nm=body[:-7]; let=body[-7]
                key=re.sub(r"(?s)^Context:.*?\n(?=[A-Z][^\n]*\?)","",p).split("\n")[0]
                key=re.sub(r"\b(north|south|east|west)\b","DIR",key); key=" ".join(key.split()[:4])
                a=acc[f"{name}|{key}|name"]; a[0]+=int(ok[nm].all()); a[1]+=1
                a=acc[f"{name}|{key}|LETTER"]; a[0]+=int(ok[let]); a[1]+=1
            elif p.startswith("Say the letters"):
                dec=[int(i) for i in ix]
                a=acc[f"{name}|say|LETTERS"]; a[0]+=int(ok[torch.tensor(dec,dtype=torch.long)].sum()); a[1]+=len(dec)
            elif ": " in p and p.endswith(".") and len(ix)>8:
                a=acc[f"{name}|{p.split(':')[0]}|tokens"]; a[0]+=int(ok[body].sum()); a[1]+=len(body)
            else:
                key=" ".join(p.split()[:3]) if len(p.split())>1 else "X?"
                key=re.sub(r"^\S+ for .*","X for",key)
                a=acc[f"{name}|{key}"]; a[0]+=int(ok[body].all()); a[1]+=1
if "lists" in what:
    run("few",OptionLists("val",3,N*10),range(N)); run("all",OptionLists("val",3,N*10),range(N*6,N*7)); run("late",OptionLists("val",3,N*10),range(N*9,N*10))
from omnivlm.training.drawn import TOLD
if "told" in what: run("told",DrawnConversations("val",3,10**5,{"pope":1},TOLD),range(N))
if "sft" in what: run("sft",DrawnConversations("val",3,10**5,{"pope":1,"vqav2":1,"mme":1}),range(N))
for kind in [w for w in what if w not in ("lists","told","sft")]:
    k={"maps":0,"chains":1,"prices":2,"charts":3,"shelf":4,"magnets":5}[kind.removeprefix("few")]
    w=[0]*6; w[k]=1
    dl._LATEST=(1.0,tuple(w),1.0 if kind.startswith("few") else 0.0)
    d=DiagramLessons("val",4,10**6,easy_first=False); d._phases=(dl._LATEST,)
    run(kind,d,range(N))
for k,(a,b) in sorted(acc.items()):
    if b>=8: print(f"{k:60s} {a/b:.2f} ({b})")
