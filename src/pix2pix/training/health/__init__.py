"""What the curves of a training mean, in words: who wins, has it diverged, does it overfit, is it worth going on?"""
