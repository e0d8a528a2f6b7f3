import random
from omnivlm.data.parts import item_random
from omnivlm.data.diagram_questions import *
from omnivlm.data.diagram_questions import ORGANISMS
from omnivlm.data.words import PLACES
from omnivlm.training.drawn import *
from omnivlm.training.drawn import image_key
from omnivlm.training.option_lists import OptionLists
import omnivlm.training.option_lists as ol
from omnivlm.training.picture_facts import picture_facts
from omnivlm.training.picture_turns import solved_turns, open_turns
from omnivlm.training.samples import Conversation, Turn
import omnivlm.training.picture_turns as pt
FORM="{a}. The answer is {l}."
def solved(a,l): return FORM.format(a=a,l=l)
ol.solved=solved; pt.solved=solved
class Pics:
    def __init__(s,name,draw,facts=True,solved=4,open_=4,seed=7): s.n,s.draw,s.f,s.so,s.op,s.seed=name,draw,facts,solved,open_,seed
    def __len__(s): return 10**9
    def __getitem__(s,i):
        rng=item_random("train","w"+s.n,s.seed,i); p=s.draw(rng)
        turns=[Turn("Describe the image.",p.describe())]
        if s.f: turns+=picture_facts(p)
        if s.op: turns+=open_turns(p,rng,s.op)
        if s.so: turns+=solved_turns(p,rng,s.so)
        rng.shuffle(turns)
        return Conversation(f"{s.n}{i}",(p.draw,),(image_key(p),),tuple({t.prompt:t for t in turns}.values()))
FEWP=("Bank","Park","Mill","School","Market","Garden")
from omnivlm.data.scene import cell_name
def spans(pairs):
    ans="";L=[]
    for g,l in pairs:
        ans+=(", " if ans else "")+g; L.append((len(ans),len(ans)+1+len(l))); ans+=" "+l
    return ans,tuple(L)
class Dense:
    """given/learned lists of what is where"""
    def __init__(s,few,k=3): s.few,s.k=few,k
    def __len__(s): return 10**9
    def __getitem__(s,i):
        rng=item_random("train","dense",3,i); p=sample_map(rng,FEWP) if s.few else sample_map(rng)
        named=[(n,cell_name(*at)) for n,at in p.places.items()]; turns=[]
        for j in range(s.k):
            a=rng.sample(named,len(named)); ans,L=spans(a); turns.append(Turn("Say where each is."+"!"*j,ans,L))
            a=rng.sample(named,len(named)); ans,L=spans([(y,x) for x,y in a]); turns.append(Turn("Say what is where."+"!"*j,ans,L))
        return Conversation(f"d{i}",(p.draw,),(image_key(p),),tuple(turns))
from itertools import pairwise
class DenseD:
    """dense given/learned lists of chains, prices, charts"""
    def __init__(s,kind): s.kind=kind
    def __len__(s): return 10**9
    def __getitem__(s,i):
        rng=item_random("train","dd"+s.kind,3,i); turns=[]
        def both(ask,back,pairs):
            a=rng.sample(pairs,len(pairs)); ans,L=spans(a); turns.append(Turn(ask,ans,L))
            if back: a=rng.sample(pairs,len(pairs)); ans,L=spans([(y,x) for x,y in a]); turns.append(Turn(back,ans,L))
        if s.kind=="chains":
            p=sample_chains(rng); 
            both("Say where each is.","Say what is where.",[(o,f"{sd} {k}") for sd,ch in zip(("left","right"),p.chains) for k,o in enumerate(ch,1)])
            both("Say what eats each.","Say what each eats.",[x for ch in p.chains for x in pairwise(ch)])
        elif s.kind=="prices":
            p=sample_prices(rng); both("Say what each costs.","Say what costs that.",[(k,f"${v}") for k,v in p.prices.items()])
        else:
            p=sample_chart(rng,"train",form="bar"); se=p.series[0]
            both("Say each value.","Say whose value.",[(k,str(v)) for k,v in zip(p.categories,se.values)])
        turns.append(Turn("Describe the image.",p.describe()))
        return Conversation(f"dd{i}",(p.draw,),(image_key(p),),tuple(turns))
from dataclasses import replace as _rp
class Told2:
    def __init__(s): s.d=DrawnConversations("train",2,10**8,{"pope":1,"vqav2":1},TOLD)
    def __len__(s): return 10**8
    def __getitem__(s,i):
        cv=s.d[i]; turns=[]
        for t in cv.turns:
            if t.prompt.startswith("Say") and ": " in t.prompt:
                names=t.prompt.split(": ",1)[1].rstrip(".").split(", "); at=0; L=[]
                for part,n in zip(t.answer.split(", "),names):
                    assert part.startswith(n),(part,n)
                    L.append((at+len(n),at+len(part))); at+=len(part)+2
                t=_rp(t,learned=tuple(L))
            turns.append(t)
        return _rp(cv,turns=tuple(turns))
def make(n):
    if n=="told2": return Told2()
    if n in ("dchains","dprices","dbars"): return DenseD({"dchains":"chains","dprices":"prices","dbars":"bars"}[n])
    if n=="fdense": return Dense(True)
    if n=="dense1": return Dense(False,1)
    if n=="fdense1": return Dense(True,1)
    if n=="dense": return Dense(False)
    if n=="lists": ol._SHARE_OF_FEW=0.0; return OptionLists("train",5,10**9)
    if n=="alllists": ol._UP_TO_FEW=0.0; ol._UP_TO_NAMED=1.0; return OptionLists("train",5,10**9)
    if n=="fewlists": ol._SHARE_OF_FEW=1.0; return OptionLists("train",5,10**9)
    if n=="map": return Pics(n,lambda r: sample_map(r))
    if n=="fewmap": return Pics(n,lambda r: sample_map(r,FEWP))
    if n=="chains": return Pics(n,lambda r: sample_chains(r))
    if n=="shelf": return Pics(n,lambda r: sample_shelf(r,2))
    if n=="magnets": return Pics(n,lambda r: sample_magnets(r,r.random()<.5))
    if n=="prices": return Pics(n,lambda r: sample_prices(r))
    if n=="bars": return Pics(n,lambda r: sample_chart(r,"train",form="bar"))
    if n=="charts": return Pics(n,lambda r: sample_chart(r,"train"))
    if n=="told": return DrawnConversations("train",2,10**8,None,TOLD)
    if n=="sft": return DrawnConversations("train",2,10**8,None,SOLVED)
    raise KeyError(n)
from omnivlm.data.charts import sample_chart
